"""What layers are called as attributes of a module: their own names where Python and torch let them."""

import keyword
from collections.abc import Container

from convcli.outline.naming import identifier, unique

_OF_MODULES = (
    "T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches "
    "eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict "
    "modules mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook "
    "register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook "
    "register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook "
    "register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ "
    "set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu zero_grad "
    "_apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl _forward_hooks "
    "_forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks _forward_pre_hooks_with_kwargs "
    "_get_backward_hooks _get_backward_pre_hooks _get_name _is_full_backward_hook _load_from_state_dict "
    "_load_state_dict_post_hooks _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook _modules "
    "_named_members _non_persistent_buffers_set _parameters _register_load_state_dict_pre_hook "
    "_register_state_dict_hook _replicate_for_data_parallel _save_to_state_dict _slow_forward "
    "_state_dict_hooks _state_dict_pre_hooks _version _wrapped_call_impl"
)
OF_MODULES = frozenset(_OF_MODULES.split())
"""What `nn.Module` has for itself: a layer of such a name would take its place, or is refused."""

_OF_SCRIPTS = (
    "self torch nn F Tensor getattr super range float int bool str tuple x out center_crop stochastic_depth drop_path"
)
OF_SCRIPTS = frozenset(_OF_SCRIPTS.split())
"""Names that mean something in the code that is written."""


def is_plain(name: str) -> bool:
    """Say whether a name can stand behind `self.`; others are asked for with `getattr`."""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def dictionary(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of a model's outputs where they are those of one dictionary; none where some are nested."""
    return keys if all(map(is_plain, keys)) else ()


def attribute(name: str, beside: Container[str]) -> str:
    """Return a layer's name in a module, where `beside` are the names of all its layers."""
    if name not in OF_MODULES and not name.startswith("__"):
        return name
    other = f"{name.strip('_')}_"
    while other in beside:
        other += "_"
    return other


def variable(label: str, taken: Container[str]) -> str:
    """Return a name for a tensor, from that of its layer."""
    own = f"x{label}" if label.isdecimal() else identifier(label)
    return unique(f"{own}_" if own in OF_SCRIPTS else own, taken)
