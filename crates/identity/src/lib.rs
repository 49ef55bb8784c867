//! Who is calling: accounts, passwords, sessions, keys, tokens, OIDC.
