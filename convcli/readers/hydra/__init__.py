"""Configurations that name classes with `_target_`: Hydra's and OmegaConf's, and MONAI's bundles."""
