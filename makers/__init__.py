"""What makes the data and the shipped model; not part of the package that learners install."""
