"""GROUND: no business words. Database unit of work, durable jobs, errors, ids, paging, settings."""
