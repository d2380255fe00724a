"""Learning platforms: one module per platform, which reads its downloads and writes its tables."""
