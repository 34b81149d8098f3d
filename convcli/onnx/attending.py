"""Attention in one node, and what stands around it in networks that generate."""

from typing import Any

from convcli.aten.call import Ref
from convcli.onnx.turn import Turn
from convcli.onnx.weighted import given, owned
from convcli.quantity import product


def attention(turn: Turn) -> None:
    """`Attention`, as torch's where it caps no scores, shows none, and looks at all positions."""
    asked, node = turn.asked, turn.asked.node
    shown = len(node.outputs) > 3 and node.outputs[3]
    windowed = asked.attribute("left_window_size", -1) >= 0 or asked.attribute("right_window_size", -1) >= 0
    heads = [asked.attribute(name, 0) for name in ("q_num_heads", "kv_num_heads", "kv_num_heads")]
    flat = len(asked.shape()) == 3
    if shown or windowed or asked.has(6) or asked.attribute("softcap", 0.0):
        turn.opaque(macs=_macs(turn, heads if flat else None))
        return
    q, k, v = (_headed(turn, turn.ref(at), heads[at], f".{name}") if flat else turn.ref(at) for at, name in PARTS)
    k, v = (_longer(turn, at, one) for at, one in ((1, k), (2, v)))
    args: dict[str, Any] = {"query": q, "key": k, "value": v, "attn_mask": turn.ref(3) if asked.has(3) else None}
    args |= {"is_causal": bool(asked.attribute("is_causal", 0)) and not asked.has(3)}
    args |= {"scale": asked.attribute("scale", 0.0) or None, "enable_gqa": q.shape[1] != k.shape[1]}
    args = {name: one for name, one in args.items() if one not in (None, False)}
    y = turn.outputs[0]
    if not flat:
        turn.emit("scaled_dot_product_attention", args, [y])
        return
    made = turn.between((*q.shape[:3], v.shape[3]), y)
    turned = turn.between((made.shape[0], made.shape[2], made.shape[1], made.shape[3]), y)
    turn.emit("scaled_dot_product_attention", args, [made])
    turn.emit("permute", {"self": made, "dims": [0, 2, 1, 3]}, [turned], part=".permute")
    turn.emit("reshape", {"self": turned}, [y], part=".reshape")


PARTS = ((0, "query"), (1, "key"), (2, "value"))


def _headed(turn: Turn, x: Ref, heads: int, part: str) -> Ref:
    """Put heads that lie side by side behind each other."""
    n, rows, width = x.shape
    apart = turn.emit(
        "reshape", {"self": x}, [turn.between((n, rows, heads, width // heads), x)], part=f"{part}.reshape"
    )
    return turn.emit(
        "permute", {"self": apart, "dims": [0, 2, 1, 3]}, [turn.between((n, heads, rows, width // heads), x)],
        part=f"{part}.permute",
    )  # fmt: skip


def _longer(turn: Turn, at: int, x: Ref) -> Ref:
    """Put what was kept before in front of keys or values; it is a result too."""
    if not turn.asked.has(at + 3):
        if len(turn.outputs) > at and turn.asked.node.outputs[at]:
            turn.emit("alias", {"self": x}, [turn.outputs[at]])
        return x
    shape = (*x.shape[:2], x.shape[2] + turn.asked.shape(at + 3)[2], x.shape[3])
    made = turn.outputs[at] if len(turn.outputs) > at else turn.between(shape, x)
    return turn.emit("cat", {"tensors": [turn.ref(at + 3), x], "dim": 2}, [made], part=".cat")


def _macs(turn: Turn, heads: list[int] | None) -> int:
    """Return the products of scores and values."""
    shapes = [turn.asked.shape(at) for at in range(3)]
    past = turn.asked.shape(4)[2] if turn.asked.has(4) else 0
    if heads is not None:
        shapes = [(n, h, rows, width // h) for (n, rows, width), h in zip(shapes, heads, strict=True)]
    q, k, v = shapes
    return product(q[:3]) * (k[2] + past) * (q[3] + v[3])


def linear_attention(turn: Turn) -> None:
    """`LinearAttention`: in each step a matrix for each head is changed by one product, and asked by another."""
    asked = turn.asked
    heads, inner = asked.attribute("q_num_heads", 1), asked.attribute("kv_num_heads", 1)
    products = heads + inner * (2 if "delta" in asked.attribute("update_rule", "gated_delta") else 1)
    each = (asked.shape(1)[2] // inner) * (asked.shape(2)[2] // inner)
    turn.opaque(macs=product(asked.shape(0)[:2]) * products * each)


def rotary(turn: Turn) -> None:
    """`RotaryEmbedding`: of each pair two products and a sum for either, where it turns all."""
    asked = turn.asked
    x, width = asked.shape(), asked.attribute("rotary_embedding_dim", 0)
    size = x[3] if len(x) == 4 else x[2] // max(asked.attribute("num_heads", 1), 1)
    turn.opaque(macs=0, other_ops=3 * (product(x) // size * width if width else product(x)))


def gated(turn: Turn) -> None:
    """`SwiGLU`, whose gate is SiLU without a factor."""
    gate, value = turn.ref(0), turn.ref(1)
    if turn.asked.attribute("alpha", 1.0) != 1:
        turn.each(4)
        return
    made = turn.emit("silu", {"self": gate}, [turn.between(gate.shape, gate)], part=".silu")
    turn.emit("mul", {"self": made, "other": value})


def causal_conv(turn: Turn) -> None:
    """`CausalConvWithState`: what came before, or zeros, in front; a convolution of each channel; maybe SiLU."""
    asked, x, y = turn.asked, turn.ref(), turn.outputs[0]
    n, channels, size = asked.shape()
    reach = asked.shape(1)[2] - 1
    longer = turn.between((n, channels, size + reach), x)
    if asked.has(3):
        turn.emit("cat", {"tensors": [turn.ref(3), x], "dim": 2}, [longer], part=".cat")
    else:
        turn.emit("pad", {"self": x, "pad": [reach, 0]}, [longer], part=".pad")
    active = asked.attribute("activation", "none") in ("silu", "swish")
    made = turn.between(y.shape, y) if active else y
    weights = owned(turn, given(turn, weight=1, bias=2))
    turn.emit("convolution", {"input": longer, **weights, "groups": channels}, [made])
    if active:
        turn.emit("silu", {"self": made}, [y], part=".silu")
    if len(turn.outputs) > 1 and asked.node.outputs[1]:
        args = {"self": longer, "dim": 2, "start": size, "end": size + reach, "step": 1}
        turn.emit("slice", args, [turn.outputs[1]], part=".state")
