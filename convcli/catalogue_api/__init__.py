"""What stands behind `convcli.ops`, `convcli.models` and `convcli.explain`."""
