"""The library's catalogues: operators, short words, bundled networks, and what error codes mean.

>>> ops("Linear").signature
'Linear(in_features, out_features, bias=True)'
>>> models("resnet50").params
25557032
>>> explain("CV202").title
'The input has another number of channels'
"""

from convcli.catalogue_api.codes import explain
from convcli.catalogue_api.networks import ModelEntry, models
from convcli.catalogue_api.operators import ArgumentEntry, OperatorEntry, ShortWordEntry, ops, short_words

__all__ = ["ArgumentEntry", "ModelEntry", "OperatorEntry", "ShortWordEntry", "explain", "models", "ops", "short_words"]
