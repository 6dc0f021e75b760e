"""From facts to a design: fields, routes, rules, access, and what was not understood."""
