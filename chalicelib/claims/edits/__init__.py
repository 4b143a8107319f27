"""The scrub's rules by subject: each takes the claim and the facts and gives findings."""
