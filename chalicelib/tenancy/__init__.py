"""Who acts for which practice: tenant, principal, TenantContext. Pure."""
