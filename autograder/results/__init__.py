"""The results of a graded class: the ledger, the results directory, and final scores derived from them."""
