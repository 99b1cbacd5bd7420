"""Social support with housing costs: benefits (льготы) in both forms, and the housing subsidy."""
