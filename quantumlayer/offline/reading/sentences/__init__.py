"""What sentences say, kind by kind: definitions, rules, states, lists, accounts."""
