"""What is seen besides the claims: counts, findings in words, numbers behind figures."""
