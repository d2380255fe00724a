"""What is kept of a graded class: the ledger, the results folder, and the final scores derived from them."""
