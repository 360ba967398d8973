"""The paper's profile: its way of filling a chip, and closed forms for what that costs.

`filling` spreads the loops of a layer over the whole chip, `actions` counts what one run does,
`energy` and `area` price it, `chips` puts them together. Only products with stored weights are
looked at, as in the paper: attention products, pooling, normalisation and activation functions
take neither time nor energy. Nothing is limited by bandwidth, converters or the supply.
"""
