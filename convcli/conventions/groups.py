"""Operators that most tools treat alike, as lists of names for the tables."""

CONVOLUTIONS = "Conv1d Conv2d Conv3d"
TRANSPOSED = "ConvTranspose1d ConvTranspose2d ConvTranspose3d"
BATCH_NORMS = "BatchNorm1d BatchNorm2d BatchNorm3d"
INSTANCE_NORMS = "InstanceNorm1d InstanceNorm2d InstanceNorm3d"
OTHER_NORMS = "GroupNorm LayerNorm LayerNorm2d RMSNorm"
RECURRENT = "RNN GRU LSTM"
CELLS = "RNNCell GRUCell LSTMCell"
TRANSFORMER = "TransformerEncoderLayer TransformerDecoderLayer"

MAX_POOLS = "MaxPool1d MaxPool2d MaxPool3d"
AVERAGE_POOLS = "AvgPool1d AvgPool2d AvgPool3d"
POWER_POOLS = "LPPool1d LPPool2d LPPool3d"
ADAPTIVE_AVERAGES = "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d"
ADAPTIVE_MAXIMA = "AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d"
OTHER_POOLS = "FractionalMaxPool2d FractionalMaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d"

RECTIFIERS = "ReLU ReLU6 LeakyReLU RReLU Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink Threshold"
SMOOTH = "ELU CELU SELU GELU Sigmoid LogSigmoid SiLU Mish Softplus Softsign Tanh Tanhshrink"
SOFTMAXES = "Softmax Softmin Softmax2d LogSoftmax"

DROPOUTS = (
    "Identity Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout StochasticDepth DropPath "
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout stochastic_depth drop_path"
)
PADDINGS = (
    "ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d ConstantPad2d ConstantPad3d "
    "ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d "
    "CircularPad1d CircularPad2d CircularPad3d pad"
)
MOVES = (
    "PixelShuffle PixelUnshuffle ChannelShuffle Flatten Unflatten Unfold Fold "
    "pixel_shuffle pixel_unshuffle channel_shuffle flatten unflatten unfold fold "
    "cat stack chunk split unbind reshape view squeeze unsqueeze expand "
    "Permute permute transpose roll flip tile repeat slice center_crop narrow Parameter"
)
"""What only moves or copies elements, and a bare weight."""

RECTIFIER_FUNCTIONS = "relu relu6 leaky_relu prelu rrelu hardtanh hardsigmoid hardswish hardshrink softshrink threshold"
SMOOTH_FUNCTIONS = "elu celu selu gelu sigmoid logsigmoid silu mish softplus softsign tanh tanhshrink"
SOFTMAX_FUNCTIONS = "softmax softmin log_softmax"
SIGNS = "add sub mul div"
"""Sums and products, which are taken to be the signs `+ - * /`, as networks have them."""
ELEMENTWISE = (
    "pow maximum minimum neg abs square exp log sqrt rsqrt reciprocal sin cos clamp glu GLU "
    "sum mean amax amin var std argmax argmin normalize"
)
RESIZING_FUNCTIONS = "interpolate upsample upsample_nearest upsample_bilinear"
NORM_FUNCTIONS = "batch_norm instance_norm group_norm layer_norm rms_norm"
PLAIN_POOL_FUNCTIONS = "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d"
POWER_POOL_FUNCTIONS = "lp_pool1d lp_pool2d lp_pool3d"
ADAPTIVE_AVERAGE_FUNCTIONS = "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d"
ADAPTIVE_MAXIMUM_FUNCTIONS = "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"
OTHER_POOL_FUNCTIONS = "fractional_max_pool2d fractional_max_pool3d max_unpool1d max_unpool2d max_unpool3d"
ALL_POOL_FUNCTIONS = (
    f"{PLAIN_POOL_FUNCTIONS} {POWER_POOL_FUNCTIONS} {ADAPTIVE_AVERAGE_FUNCTIONS} {ADAPTIVE_MAXIMUM_FUNCTIONS} "
    f"{OTHER_POOL_FUNCTIONS}"
)
FUNCTIONS = (
    f"{RECTIFIER_FUNCTIONS} {SMOOTH_FUNCTIONS} {SOFTMAX_FUNCTIONS} {SIGNS} local_response_norm {RESIZING_FUNCTIONS} "
    f"{NORM_FUNCTIONS} {ALL_POOL_FUNCTIONS}"
)
"""Functions that compute, but for the products and what stands in ELEMENTWISE."""

SOMEBODYS = "CondConv2d"
"""Modules that torch does not have: what a tool sees depends on how they are written."""
