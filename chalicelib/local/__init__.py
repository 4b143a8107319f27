"""Everything on one machine: embedded AWS, web server, payer simulator, demo. Never imported by Lambda code."""
