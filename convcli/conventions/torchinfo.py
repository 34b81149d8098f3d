"""torchinfo: the `summary`, which multiplies the parameters of each module that has no module inside."""

from convcli.conventions import groups as g
from convcli.conventions.formulas import BY_WEIGHTS, WEIGHTED
from convcli.conventions.products import WEIGHTS_AT_OUTPUTS
from convcli.conventions.record import MAC, Convention, Nothing, Rule, Unseen
from convcli.conventions.sequences import BY_SIZES, PLAIN_WEIGHTS

NO_MODULE = "functions are not seen, only modules"
NO_WEIGHTS = "it has no weights"

TABLE = Convention(
    name="torchinfo",
    package="torchinfo",
    version="1.8.0",
    call="summary",
    says="total mult-adds",
    unit=MAC,
    rules=(
        Rule(g.CONVOLUTIONS, WEIGHTS_AT_OUTPUTS, 1, "convolutions with their bias"),
        Rule(g.TRANSPOSED, WEIGHTS_AT_OUTPUTS, 1, "transposed convolution from the size of its output, with its bias"),
        Rule("Linear", WEIGHTED, 1, "linear layers with their bias, by the first axis alone"),
        Rule("Bilinear", WEIGHTED, 1, "bilinear layers with their bias, by the first axis alone"),
        Rule(f"{g.RECURRENT} {g.CELLS}", BY_SIZES, 1, "recurrent layers: all parameters, by the first two axes"),
        Rule(g.TRANSFORMER, PLAIN_WEIGHTS, 1, "transformer layers: parameters without attention, by the first axis"),
        Rule(f"{g.BATCH_NORMS} SyncBatchNorm", BY_WEIGHTS, 1, "parameters of batch norm, times the batch"),
        Rule(
            f"{g.INSTANCE_NORMS} {g.OTHER_NORMS}",
            BY_WEIGHTS,
            1,
            "parameters of norms, times the batch",
        ),
        Rule("PReLU Embedding EmbeddingBag", BY_WEIGHTS, 1, "parameters, times the first axis"),
    ),
    nothing=(
        Nothing("MultiheadAttention", "a module inside of it hides its own weights, and is never called itself"),
        Nothing("bmm matmul scaled_dot_product_attention", NO_MODULE),
        Nothing(f"{g.RECTIFIERS} {g.SMOOTH} {g.SOFTMAXES} LocalResponseNorm CrossMapLRN2d", NO_WEIGHTS),
        Nothing(f"{g.MAX_POOLS} {g.AVERAGE_POOLS} {g.POWER_POOLS} {g.ADAPTIVE_AVERAGES}", NO_WEIGHTS),
        Nothing(f"{g.ADAPTIVE_MAXIMA} {g.OTHER_POOLS} Upsample UpsamplingNearest2d UpsamplingBilinear2d", NO_WEIGHTS),
        Nothing(f"{g.FUNCTIONS} {g.ELEMENTWISE}", NO_MODULE),
        Nothing(f"{g.DROPOUTS} {g.PADDINGS} {g.MOVES}", NO_WEIGHTS),
    ),
    unseen=(Unseen(g.SOMEBODYS, "no module of torch: what is seen depends on how it is written"),),
)
