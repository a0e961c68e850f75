"""RULE: who may do which activity on which resource."""
