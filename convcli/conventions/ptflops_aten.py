"""ptflops with backend='aten', which looks at the operators that torch dispatches."""

from convcli.conventions import groups as g
from convcli.conventions.formulas import BIAS, MACS, NO_VECTORS
from convcli.conventions.record import MAC, Convention, Nothing, Rule, Unseen
from convcli.conventions.sequences import STEP_BIAS

PRODUCTS = "multiply-accumulates"
BIASES = "bias at 1 per output element, where the input is contiguous"
KERNEL = "depends on the kernel that torch chooses"

TABLE = Convention(
    name="ptflops-aten",
    package="ptflops",
    version="0.7.5",
    call="get_model_complexity_info with backend='aten' on a CPU",
    says="MACs",
    unit=MAC,
    rules=(
        Rule(f"{g.CONVOLUTIONS} {g.TRANSPOSED} Linear bmm RNN GRU {g.CELLS}", MACS, 1, PRODUCTS),
        Rule("matmul", NO_VECTORS, 1, "no products with a vector on the right"),
        Rule(f"{g.CONVOLUTIONS} {g.TRANSPOSED} Linear", BIAS, 1, BIASES),
        Rule(f"RNN GRU {g.CELLS}", STEP_BIAS, 1, "both biases of recurrent layers at 1 per gate and step"),
    ),
    nothing=(
        Nothing("Bilinear", "an operator that it does not know"),
        Nothing(f"{g.BATCH_NORMS} SyncBatchNorm {g.INSTANCE_NORMS} {g.OTHER_NORMS}", "products only"),
        Nothing(f"LocalResponseNorm CrossMapLRN2d PReLU {g.RECTIFIERS} {g.SMOOTH} {g.SOFTMAXES}", "products only"),
        Nothing(f"{g.MAX_POOLS} {g.AVERAGE_POOLS} {g.POWER_POOLS} {g.ADAPTIVE_AVERAGES}", "products only"),
        Nothing(f"{g.ADAPTIVE_MAXIMA} {g.OTHER_POOLS}", "products only"),
        Nothing("Upsample UpsamplingNearest2d UpsamplingBilinear2d Embedding EmbeddingBag", "products only"),
        Nothing(f"{g.FUNCTIONS} {g.ELEMENTWISE} {g.DROPOUTS} {g.PADDINGS} {g.MOVES}", "products only"),
    ),
    unseen=(
        Unseen(f"scaled_dot_product_attention MultiheadAttention {g.TRANSFORMER}", KERNEL),
        Unseen("LSTM", KERNEL),
        Unseen(g.SOMEBODYS, "no module of torch: what is seen depends on how it is written"),
    ),
)
