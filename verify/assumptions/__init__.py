"""The theorems' assumptions on the user's own data: certificates, and what would make each hold."""
