"""calflops: `calculate_flops`, which looks at functions that it has replaced, and at recurrent modules."""

from convcli.conventions import groups as g
from convcli.conventions.formulas import INPUT, MACS, MATRICES, NORM, OUTPUT, PADDED, SCALE_SHIFT
from convcli.conventions.products import FORWARD, FORWARD_BIAS, GROUPED_TWICE, WRONG_BIAS
from convcli.conventions.record import FLOP, MAC, Convention, Nothing, Rule, Unseen
from convcli.conventions.resizing import AREA, WANTED
from convcli.conventions.sequences import MATRIX_BY_MATRIX_TWICE, NORMS, PROJECTIONS

PRODUCTS = "multiply-accumulates"
UNKNOWN_TO_IT = "the function is not replaced"
GROUPS = "transposed convolution divided by its groups twice"
POOLS = f"{g.MAX_POOLS} {g.AVERAGE_POOLS} {g.ADAPTIVE_AVERAGES} {g.ADAPTIVE_MAXIMA}"
POOL_FUNCTIONS = f"{g.PLAIN_POOL_FUNCTIONS} {g.ADAPTIVE_AVERAGE_FUNCTIONS} {g.ADAPTIVE_MAXIMUM_FUNCTIONS}"
SEQUENCES = f"{g.RECURRENT} {g.CELLS}"
TAKES_WEIGHTS = "its products with need_weights=True are not those without"

NOTHING = (
    Nothing("Bilinear bmm scaled_dot_product_attention", UNKNOWN_TO_IT),
    Nothing(g.SIGNS, "the signs + - * / are not seen; torch.add and torch.mul would be"),
    Nothing("RMSNorm rms_norm CrossMapLRN2d Softmin LogSoftmax softmin log_softmax", UNKNOWN_TO_IT),
    Nothing("ReLU6 RReLU Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink Threshold", UNKNOWN_TO_IT),
    Nothing("CELU SELU Sigmoid LogSigmoid Mish Softplus Softsign Tanh Tanhshrink", UNKNOWN_TO_IT),
    Nothing("rrelu hardtanh hardsigmoid hardswish hardshrink softshrink threshold", UNKNOWN_TO_IT),
    Nothing("celu selu sigmoid logsigmoid mish softplus softsign tanh tanhshrink", UNKNOWN_TO_IT),
    Nothing(f"{g.OTHER_POOLS} {g.OTHER_POOL_FUNCTIONS} {g.ELEMENTWISE}", UNKNOWN_TO_IT),
    Nothing(f"Embedding EmbeddingBag {g.DROPOUTS} {g.PADDINGS} {g.MOVES}", "taken to cost nothing"),
)
UNSEEN = (
    Unseen("MultiheadAttention", TAKES_WEIGHTS),
    Unseen(g.SOMEBODYS, "no module of torch: what is seen depends on how it is written"),
)
ELEMENTS = (
    Rule(f"{g.BATCH_NORMS} SyncBatchNorm batch_norm", SCALE_SHIFT, 1, "batch norm at 2 per element"),
    Rule(f"{g.INSTANCE_NORMS} instance_norm", NORM, 1, "instance norm at 5 per element, 4 without weights"),
    Rule("GroupNorm LayerNorm LayerNorm2d group_norm layer_norm", NORM, 1, "other norms at 5 per element"),
    Rule("ReLU LeakyReLU PReLU ELU SiLU GELU", INPUT, 1, "activations at 1 per element"),
    Rule("relu leaky_relu prelu elu silu gelu relu6", INPUT, 1, "activation functions at 1 per element"),
    Rule(f"{POOLS} {POOL_FUNCTIONS}", INPUT, 1, "pooling at 1 per element"),
    Rule(f"{g.POWER_POOLS} {g.POWER_POOL_FUNCTIONS}", INPUT, 1, "average pool inside of power pool"),
    Rule(f"{g.POWER_POOLS} {g.POWER_POOL_FUNCTIONS}", OUTPUT, 2, "ReLU and product inside of power pool"),
    Rule("Softmax Softmax2d softmax", INPUT, 1, "softmax at 1 per element"),
    Rule("LocalResponseNorm local_response_norm", INPUT, 3, "products and sum of local response norm"),
    Rule("LocalResponseNorm local_response_norm", PADDED, 1, "average pool inside of local response norm"),
    Rule(
        f"Upsample UpsamplingNearest2d UpsamplingBilinear2d {g.RESIZING_FUNCTIONS}",
        WANTED, 1, "interpolate at the numbers under `size`, or at 1 per element",
    ),
    Rule("upsample", WANTED, 1, "and once more by the function that `upsample` calls"),
    Rule("Upsample interpolate upsample", AREA, 1, "adaptive pooling inside of mode='area'"),
)  # fmt: skip

MULTIPLICATIONS = Convention(
    name="calflops",
    package="calflops",
    version="0.3.2",
    call="calculate_flops",
    says="MACs",
    unit=MAC,
    rules=(
        Rule(g.CONVOLUTIONS, FORWARD, 1, PRODUCTS),
        Rule(g.TRANSPOSED, GROUPED_TWICE, 1, GROUPS),
        Rule("Linear", MACS, 1, PRODUCTS),
        Rule("matmul", MATRICES, 1, "matmul by the batch of its first factor"),
        Rule(g.TRANSFORMER, PROJECTIONS, 1, "no product of queries, keys and values inside of transformer layers"),
    ),
    nothing=(
        *NOTHING,
        Nothing(SEQUENCES, "counted among its FLOPs alone"),
        *(Nothing(rule.ops, "counted among its FLOPs alone") for rule in ELEMENTS),
    ),
    unseen=UNSEEN,
)

TABLE = Convention(
    name="calflops",
    package="calflops",
    version="0.3.2",
    call="calculate_flops",
    says="FLOPs",
    unit=FLOP,
    rules=(
        *(rule._replace(times=2) for rule in MULTIPLICATIONS.rules),
        Rule(g.CONVOLUTIONS, FORWARD_BIAS, 1, "bias of convolutions at 1 per output element"),
        Rule(g.TRANSPOSED, WRONG_BIAS, 1, "bias of transposed convolutions, by the size that a convolution would have"),
        Rule(SEQUENCES, MATRIX_BY_MATRIX_TWICE, 1, "recurrent layers with biases and states, by direction"),
        Rule(g.TRANSFORMER, NORMS, 5, "layer norm at 5 per element"),
        *ELEMENTS,
    ),
    nothing=NOTHING,
    unseen=UNSEEN,
    also=MULTIPLICATIONS,
)
