"""Tests send Ctrl-C to commands, also where the tests themselves run in the background.

A shell has its background jobs ignore the signal, and what they start inherits that.
"""

import signal

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
