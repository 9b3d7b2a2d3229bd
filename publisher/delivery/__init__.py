"""How an edition leaves: compose | fence | transport | ledger. `engine.send` is the door."""
