"""torch: `torch.utils.flop_counter.FlopCounterMode`, which looks at the operators that torch dispatches."""

from convcli.conventions import groups as g
from convcli.conventions.formulas import MACS, NO_VECTORS
from convcli.conventions.record import FLOP, Convention, Nothing, Rule

PRODUCTS = "multiply-accumulates, two operations each"

TABLE = Convention(
    name="torch",
    package="torch",
    version="2.13.0",
    call="FlopCounterMode around a forward pass on the meta device",
    says="FLOPs",
    unit=FLOP,
    rules=(
        Rule(f"{g.CONVOLUTIONS} {g.TRANSPOSED} Linear {g.SOMEBODYS}", MACS, 2, PRODUCTS),
        Rule(f"{g.RECURRENT} {g.CELLS} MultiheadAttention {g.TRANSFORMER}", MACS, 2, PRODUCTS),
        Rule("bmm scaled_dot_product_attention", MACS, 2, PRODUCTS),
        Rule("matmul", NO_VECTORS, 2, "no products with a vector on the right"),
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
    unseen=(),
)
