"""Sign-in by the university's own identity provider: OpenID Connect and SAML 2.0."""
