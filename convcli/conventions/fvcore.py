"""fvcore: `FlopCountAnalysis`, which looks at the operators of a traced graph."""

from convcli.conventions import groups as g
from convcli.conventions.formulas import INPUT, MACS, MATRICES_ONLY, NORM, SCALE_SHIFT
from convcli.conventions.products import KNOWN_PADDING
from convcli.conventions.record import MAC, Convention, Nothing, Rule, Unseen
from convcli.conventions.resizing import IN_2D
from convcli.conventions.sequences import NORMS, PROJECTIONS

PRODUCTS = "multiply-accumulates"
UNKNOWN_TO_IT = "an operator that it does not know"
NO_COST = "taken to cost nothing"

UP_TO_5D = NORM._replace(compute=lambda op, x, y: NORM.compute(op, x, y) if 2 <= len(x[0]) <= 5 else None)
RECTIFIERS = g.RECTIFIERS.removeprefix("ReLU ")
RECTIFIER_FUNCTIONS = g.RECTIFIER_FUNCTIONS.removeprefix("relu ")
FRACTIONAL = "FractionalMaxPool2d FractionalMaxPool3d"
FRACTIONAL_FUNCTIONS = "fractional_max_pool2d fractional_max_pool3d"

TABLE = Convention(
    name="fvcore",
    package="fvcore",
    version="0.1.5.post20221221",
    call="FlopCountAnalysis of a model in evaluation mode",
    says="flops, a multiply-add being one",
    unit=MAC,
    traced=True,
    rules=(
        Rule(g.CONVOLUTIONS, KNOWN_PADDING, 1, "convolutions with padding='same' or 'valid' are not counted"),
        Rule(f"{g.TRANSPOSED} Linear bmm {g.CELLS}", MACS, 1, PRODUCTS),
        Rule("matmul", MATRICES_ONLY, 1, "matmul by the batch of its first factor"),
        Rule(g.TRANSFORMER, PROJECTIONS, 1, "no product of queries, keys and values inside of transformer layers"),
        Rule(g.TRANSFORMER, NORMS, 5, "layer norm at 5 per element"),
        Rule(f"{g.BATCH_NORMS} SyncBatchNorm batch_norm", SCALE_SHIFT, 1, "batch norm at 2 per element"),
        Rule(f"{g.INSTANCE_NORMS} instance_norm", NORM, 1, "instance norm at 5 per element, 4 without weights"),
        Rule("GroupNorm LayerNorm LayerNorm2d group_norm layer_norm", UP_TO_5D, 1, "other norms at 5 per element"),
        Rule("AdaptiveAvgPool2d adaptive_avg_pool2d", INPUT, 1, "adaptive average pooling at 1 per element"),
        Rule(
            f"Upsample UpsamplingNearest2d UpsamplingBilinear2d {g.RESIZING_FUNCTIONS}",
            IN_2D, 1, "nearest upsampling at 1 and bilinear at 4 per output element",
        ),
    ),
    nothing=(
        Nothing(f"Bilinear {g.RECURRENT} scaled_dot_product_attention", UNKNOWN_TO_IT),
        Nothing(f"RMSNorm LocalResponseNorm CrossMapLRN2d local_response_norm rms_norm {g.SOFTMAXES}", UNKNOWN_TO_IT),
        Nothing(f"PReLU {RECTIFIERS} {g.SMOOTH} {g.MAX_POOLS} {g.AVERAGE_POOLS} {g.POWER_POOLS}", UNKNOWN_TO_IT),
        Nothing(f"AdaptiveAvgPool1d AdaptiveAvgPool3d {g.ADAPTIVE_MAXIMA} {FRACTIONAL}", UNKNOWN_TO_IT),
        Nothing(f"{RECTIFIER_FUNCTIONS} {g.SMOOTH_FUNCTIONS} {g.SOFTMAX_FUNCTIONS} {g.SIGNS}", UNKNOWN_TO_IT),
        Nothing(f"{g.PLAIN_POOL_FUNCTIONS} {g.POWER_POOL_FUNCTIONS} {g.ELEMENTWISE}", UNKNOWN_TO_IT),
        Nothing(f"adaptive_avg_pool1d adaptive_avg_pool3d {g.ADAPTIVE_MAXIMUM_FUNCTIONS}", UNKNOWN_TO_IT),
        Nothing(f"{FRACTIONAL_FUNCTIONS} Embedding EmbeddingBag", UNKNOWN_TO_IT),
        Nothing(f"ReLU relu {g.DROPOUTS} {g.PADDINGS} {g.MOVES}", NO_COST),
    ),
    unseen=(
        Unseen("MultiheadAttention", "its products count where it is called with need_weights=True, else not"),
        Unseen("MaxUnpool1d MaxUnpool2d MaxUnpool3d max_unpool1d max_unpool2d max_unpool3d", "tracing fails"),
        Unseen(g.SOMEBODYS, "no module of torch: what is seen depends on how it is written"),
    ),
)  # fmt: skip
