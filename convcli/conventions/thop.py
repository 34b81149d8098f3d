"""thop: the `profile` of pytorch-OpCounter, which looks at modules of the types that it knows."""

from convcli.conventions import groups as g
from convcli.conventions.formulas import DOUBLED, INPUT, MACS, OUTPUT
from convcli.conventions.products import FROM_OUTPUT
from convcli.conventions.record import MAC, Convention, Formula, Nothing, Rule, Unseen
from convcli.conventions.resizing import BY_MODE, WINDOW
from convcli.conventions.sequences import FEEDFORWARD, NORMS, UNIT_BY_UNIT
from convcli.quantity import product

NO_MODULE = "functions are not seen, only modules"
UNKNOWN_TO_IT = "a module that it does not know"
NO_COST = "taken to cost nothing"

SOFTMAX = Formula(
    "3n - rows",
    lambda op, x, y: None if op.dim is None else 3 * product(x[0]) - product(x[0]) // x[0][op.dim],
)

TABLE = Convention(
    name="thop",
    package="thop",
    version="0.1.1.post2209072238",
    call="profile",
    says="total_ops, a multiply-add being one",
    unit=MAC,
    rules=(
        Rule(g.CONVOLUTIONS, FROM_OUTPUT, 1, "channels from the second axis, also where there is no batch"),
        Rule(g.TRANSPOSED, FROM_OUTPUT, 1, "transposed convolution from the size of its output"),
        Rule("Linear", MACS, 1, "multiply-accumulates"),
        Rule(f"{g.RECURRENT} {g.CELLS}", UNIT_BY_UNIT, 1, "recurrent layers with their sums, biases and states"),
        Rule(g.TRANSFORMER, FEEDFORWARD, 1, "no attention inside of transformer layers"),
        Rule(g.TRANSFORMER, NORMS, 4, "layer norm at 4 per element"),
        Rule(f"{g.BATCH_NORMS} SyncBatchNorm", DOUBLED, 2, "batch norm at 4 per element, 2 without weights"),
        Rule(f"{g.INSTANCE_NORMS} LayerNorm", DOUBLED, 2, "other norms at 4 per element, 2 without weights"),
        Rule("PReLU", INPUT, 1, "PReLU at 1 per element"),
        Rule("Softmax", SOFTMAX, 1, "softmax at 3 per element, less 1 per row"),
        Rule(g.AVERAGE_POOLS, OUTPUT, 1, "average pooling at 1 per output element"),
        Rule(g.ADAPTIVE_AVERAGES, WINDOW, 1, "adaptive average pooling at its mean window and 1 per output element"),
        Rule(
            "Upsample UpsamplingNearest2d UpsamplingBilinear2d",
            BY_MODE, 1, "upsampling at 1 (nearest), 5, 11 (bilinear) or 259 (bicubic) per output element",
        ),
    ),
    nothing=(
        Nothing("Bilinear MultiheadAttention", UNKNOWN_TO_IT),
        Nothing("bmm matmul scaled_dot_product_attention", NO_MODULE),
        Nothing(f"{g.RECTIFIERS} {g.MAX_POOLS} {g.ADAPTIVE_MAXIMA}", NO_COST),
        Nothing(f"GroupNorm LayerNorm2d RMSNorm LocalResponseNorm CrossMapLRN2d {g.SMOOTH}", UNKNOWN_TO_IT),
        Nothing(f"Softmin Softmax2d LogSoftmax Embedding EmbeddingBag {g.POWER_POOLS} {g.OTHER_POOLS}", UNKNOWN_TO_IT),
        Nothing(f"{g.FUNCTIONS} {g.ELEMENTWISE}", NO_MODULE),
        Nothing(f"{g.DROPOUTS} {g.PADDINGS} {g.MOVES}", NO_COST),
    ),
    unseen=(Unseen(g.SOMEBODYS, "no module of torch: what is seen depends on how it is written"),),
)  # fmt: skip
