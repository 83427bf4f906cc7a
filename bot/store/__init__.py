"""What we remember: tables, their migrations, one small class per subject, and the index for look-ups.

Returns values of `digest`, `plan` and `delivery`, never table rows. Transactions are short and never open across the
network.
"""
