"""The physics: a closed-form, cycle-exact model of in-memory-computing inference, numpy only."""
