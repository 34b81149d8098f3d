"""Finding what a name of a Python model stands for, and building it without memory for its weights.

Building goes down a ladder. Under torch's meta device nothing is allocated, and initialising is left out; a
constructor that needs numbers, as `torch.linspace(0, 1, 4).tolist()`, fails there, and is tried with only `empty`,
`rand` and `randn` on meta; then as it is.
"""

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from convcli.diagnostics import ConvcliError, Diagnostic, listed, suggestion
from convcli.readers.python_name import Named, arguments
from convcli.tracing.blame import blamed

WEIGHTS = ("empty", "rand", "randn")
NUMBERS = ("normal_", "uniform_", "erfinv_", "mul_", "add_", "clamp_", "fill_", "zero_", "bernoulli_",
           "kaiming_uniform_", "kaiming_normal_", "constant_", "trunc_normal_")  # fmt: skip
"""What gives a tensor other numbers, and changes nothing else of it."""


def load(named: Named, torch: Any) -> Any:
    """Return the model that a name stands for.

    Raises:
        ConvcliError: there is no such thing, its code fails, or it is no model.
    """
    positional, keywords = arguments(named)
    with imports_from(named):
        found = _attribute(_module(named, torch), named, torch)
        if isinstance(found, torch.nn.Module):
            if named.call is not None:
                _refuse("CV061", f"{named.text} is a model already, and takes no arguments")
            return found
        if not callable(found):
            _refuse("CV061", f"{named.text} is {_a(found)}, no model and nothing that makes one")
        _expect_arguments(found, positional, keywords, named)
        return _built(lambda: found(*positional, **keywords), named, torch)


@contextlib.contextmanager
def imports_from(named: Named) -> Iterator[None]:
    """Let a model's code import what lies beside it, and print where it disturbs no report.

    It is nobody's command line: what it reads of one is its own name.
    """
    words = sys.argv
    sys.argv = [named.where]
    folder = str(Path(os.path.realpath(named.where)).parent) if named.is_file() else str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.argv = words
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)


def _module(named: Named, torch: Any) -> Any:
    name = named.where
    if not named.is_file():
        try:
            known = importlib.util.find_spec(name) is not None
        except ImportError as error:  # of a parent, which is imported to look into it
            known = isinstance(error, ModuleNotFoundError) and not name.startswith(f"{error.name}.")
            known = known and name != error.name
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a package does when it is imported
            raise ConvcliError([blamed(error, f"while {name} was imported", torch)]) from error
        if not known:
            help = f"it is looked for where Python imports from, and in {Path.cwd()}; a file is `path/to/file.py:Net`"
            _refuse("CV060", f"there is no Python module `{name}`", help)
        return guarded(lambda: importlib.import_module(name), f"while {name} was imported", torch)
    path = Path(name)
    if not path.is_file():
        _refuse("CV060", f"there is no file {name}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        _refuse("CV060", f"{name} cannot be imported")
    module, loader = importlib.util.module_from_spec(spec), spec.loader
    before = sys.modules.get(path.stem)
    sys.modules[path.stem] = module  # dataclasses and pickle look there
    try:
        guarded(lambda: loader.exec_module(module), f"while {name} was imported", torch)
    except ConvcliError:
        if before is not None:
            sys.modules[path.stem] = before
        else:
            del sys.modules[path.stem]
        raise
    return module


def _attribute(module: Any, named: Named, torch: Any) -> Any:
    found: Any = module
    for name in named.attribute.split("."):
        if not hasattr(found, name):
            models = [key for key, value in vars(found).items() if _may_be_model(value, module, torch)]
            help = suggestion(name, models) or (f"it has: {', '.join(models[:12])}" if models else "")
            _refuse("CV060", f"{named.where} has no `{name}`", help)
        found = getattr(found, name)
    return found


def _may_be_model(value: Any, module: Any, torch: Any) -> bool:
    if isinstance(value, torch.nn.Module):
        return True
    home = str(getattr(value, "__module__", ""))
    if isinstance(value, type):
        return issubclass(value, torch.nn.Module) and not home.startswith("torch.nn.")
    return callable(value) and home.split(".", maxsplit=1)[0] == module.__name__.split(".")[0]


def _expect_arguments(found: Any, positional: list[Any], keywords: dict[str, Any], named: Named) -> None:
    """Refuse arguments that what is called does not take; where nobody knows what it takes, it may say so itself."""
    import inspect

    try:
        signature = inspect.signature(found, follow_wrapped=False)  # what is around a function may take more than it
    except (ValueError, TypeError):
        return
    try:
        signature.bind(*positional, **keywords)
    except TypeError as error:
        parameters = signature.parameters.values()
        names = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
        strange = next((name for name in keywords if name not in names), "")
        takes = f"it takes {listed(names)}" if names else "it takes none"
        help = suggestion(strange, names, takes) if strange else f"{takes}; give them as `--arg name=value`"
        _refuse("CV061", f"{named.text}: {error}", help)


def _built(build: Callable[[], Any], named: Named, torch: Any) -> Any:
    ladder: tuple[Callable[[], Any], ...] = (lambda: _on_meta(torch), _only_weights(torch))
    made: Any = None
    for step in ladder:
        try:
            with step():
                made = build()
            break
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001  # whatever a constructor does
            made = None  # the next step down
    else:
        made = guarded(build, f"while {named.text} was built", torch)
    if not isinstance(made, torch.nn.Module):
        _refuse("CV061", f"{named.text} gives {_a(made)}, and no torch.nn.Module")
    return made


@contextlib.contextmanager
def _on_meta(torch: Any) -> Iterator[None]:
    """Make all tensors on meta; what gives them other numbers has nothing to do, and would take half of the time."""
    base: Any = torch.overrides.TorchFunctionMode

    class WithoutNumbers(base):  # type: ignore[misc]  # torch is handed in
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            tensor = args[0] if args else kwargs.get("tensor")  # which torch.nn.init calls it
            if getattr(func, "__name__", "") in NUMBERS and isinstance(tensor, torch.Tensor) and tensor.is_meta:
                return tensor
            return func(*args, **kwargs)

    with torch.device("meta"), WithoutNumbers():
        yield


def _only_weights(torch: Any) -> Any:
    base: Any = torch.overrides.TorchFunctionMode

    class OnlyWeights(base):  # type: ignore[misc]  # torch is handed in
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = dict(kwargs or {})
            if getattr(func, "__name__", "") in WEIGHTS and kwargs.get("device") is None:
                kwargs["device"] = "meta"
            return func(*args, **kwargs)

    return OnlyWeights


def guarded(work: Callable[[], Any], doing: str, torch: Any) -> Any:
    """Run somebody else's code; whatever it raises is their error, but for an interruption.

    Raises:
        ConvcliError: it raised something.
    """
    try:
        return work()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a model's file is no program
        raise ConvcliError([blamed(error, doing, torch)]) from error


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _refuse(code: str, message: str, help: str = "") -> NoReturn:
    raise ConvcliError([Diagnostic(code, message, help=help)])
