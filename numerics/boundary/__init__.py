"""The linear boundary of given data: Gram matrices, multipliers, certificates, subsets."""
