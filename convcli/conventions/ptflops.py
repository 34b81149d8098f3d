"""ptflops with its default backend, which looks at modules, and at functions that it has replaced.

A module whose `forward` calls such a function counts twice; what modules count is divided by the
batch, what functions count is not.
"""

from convcli.conventions import groups as g
from convcli.conventions.formulas import BIAS, DOUBLED, INPUT, MACS, MATRICES, OUTPUT, PADDED
from convcli.conventions.products import BIAS_PER_SAMPLE, PER_SAMPLE
from convcli.conventions.record import MAC, Convention, Nothing, Rule, Unseen
from convcli.conventions.resizing import AREA, FIRST_SAMPLE, SCALED
from convcli.conventions.sequences import HEADS, MATRIX_BY_MATRIX, NORMS

UNKNOWN_TO_IT = "it knows neither the module nor the function"
POOLS = f"{g.MAX_POOLS} {g.AVERAGE_POOLS} {g.ADAPTIVE_AVERAGES} {g.ADAPTIVE_MAXIMA}"
POWER_POOLS = f"{g.POWER_POOLS} {g.POWER_POOL_FUNCTIONS}"
RESPONSE = "LocalResponseNorm local_response_norm"
POOL_FUNCTIONS = f"{g.PLAIN_POOL_FUNCTIONS} {g.ADAPTIVE_AVERAGE_FUNCTIONS} {g.ADAPTIVE_MAXIMUM_FUNCTIONS}"

TABLE = Convention(
    name="ptflops",
    package="ptflops",
    version="0.7.5",
    call="get_model_complexity_info with its default backend",
    says="MACs",
    unit=MAC,
    divides=True,
    rules=(
        Rule(f"{g.CONVOLUTIONS} {g.TRANSPOSED}", PER_SAMPLE, 1, "batch and positions by their place, also unbatched"),
        Rule(f"{g.CONVOLUTIONS} {g.TRANSPOSED}", BIAS_PER_SAMPLE, 1, "bias of convolutions at 1 per output element"),
        Rule("Linear", MACS, 1, "multiply-accumulates"),
        Rule("Linear", BIAS, 1, "bias of linear layers at 1 per output element"),
        Rule(f"{g.RECURRENT} {g.CELLS}", MATRIX_BY_MATRIX, 1, "recurrent layers with biases and states, by direction"),
        Rule(g.TRANSFORMER, HEADS, 1, "transformer layers with scaling, softmax and biases"),
        Rule(g.TRANSFORMER, NORMS, 1, "layer norm at 1 per element"),
        Rule(f"{g.BATCH_NORMS} {g.INSTANCE_NORMS} GroupNorm", DOUBLED, 1, "norms at 2 per element, 1 without weights"),
        Rule("LayerNorm", INPUT, 1, "layer norm at 1 per element"),
        Rule("ReLU PReLU ELU LeakyReLU ReLU6 GELU", OUTPUT, 1, "activations at 1 per element"),
        Rule("ReLU PReLU ELU GELU", INPUT, 1, "and at 1 more by the function that the module calls", functional=True),
        Rule("SiLU relu prelu elu relu6 gelu silu", INPUT, 1, "activation functions at 1 per element", functional=True),
        Rule(POOLS, INPUT, 1, "pooling at 1 per element"),
        Rule(POOLS, INPUT, 1, "pooling at 1 more by the function that the module calls", functional=True),
        Rule(POOL_FUNCTIONS, INPUT, 1, "pooling functions at 1 per element", functional=True),
        Rule(POWER_POOLS, INPUT, 1, "average pool in a power pool", functional=True),
        Rule(POWER_POOLS, OUTPUT, 2, "ReLU and product in a power pool", functional=True),
        Rule("Softmax Softmax2d softmax", INPUT, 1, "softmax at 1 per element", functional=True),
        Rule(RESPONSE, INPUT, 3, "products and sum of local response norm", functional=True),
        Rule(RESPONSE, PADDED, 1, "average pool in local response norm", functional=True),
        Rule("Upsample", FIRST_SAMPLE, 1, "upsampling at 1 per output element of the first sample"),
        Rule(
            f"Upsample UpsamplingNearest2d UpsamplingBilinear2d {g.RESIZING_FUNCTIONS}",
            SCALED, 1, "interpolate at 1 per output element", functional=True,
        ),
        Rule("upsample", SCALED, 1, "and at 1 more by the function that it calls", functional=True),
        Rule("Upsample interpolate upsample", AREA, 1, "adaptive pooling of mode='area'", functional=True),
        Rule("bmm", MACS, 1, "multiply-accumulates of functions", functional=True),
        Rule("matmul", MATRICES, 1, "matmul by the batch of its first factor", functional=True),
    ),
    nothing=(
        Nothing("Bilinear scaled_dot_product_attention", UNKNOWN_TO_IT),
        Nothing(g.SIGNS, "the signs + - * / are not seen; torch.add and torch.mul would be"),
        Nothing("SyncBatchNorm LayerNorm2d RMSNorm CrossMapLRN2d", UNKNOWN_TO_IT),
        Nothing("RReLU Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink Threshold", UNKNOWN_TO_IT),
        Nothing("Softmin LogSoftmax softmin log_softmax", UNKNOWN_TO_IT),
        Nothing("CELU SELU Sigmoid LogSigmoid Mish Softplus Softsign Tanh Tanhshrink", UNKNOWN_TO_IT),
        Nothing("leaky_relu rrelu hardtanh hardsigmoid hardswish hardshrink softshrink threshold", UNKNOWN_TO_IT),
        Nothing("celu selu sigmoid logsigmoid mish softplus softsign tanh tanhshrink", UNKNOWN_TO_IT),
        Nothing(f"{g.OTHER_POOLS} {g.OTHER_POOL_FUNCTIONS} {g.NORM_FUNCTIONS} {g.ELEMENTWISE}", UNKNOWN_TO_IT),
        Nothing(f"Embedding EmbeddingBag {g.DROPOUTS} {g.PADDINGS} {g.MOVES}", UNKNOWN_TO_IT),
    ),
    unseen=(
        Unseen("MultiheadAttention", "its softmax and products count again where it is called with need_weights=True"),
        Unseen(g.SOMEBODYS, "no module of torch: what is seen depends on how it is written"),
    ),
)  # fmt: skip
