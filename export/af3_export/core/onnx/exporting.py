"""What the exporters of all engines do alike: refuse what a component has not, and find what its graph is checked by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from af3_export.core import random_tensors
from af3_export.core.case_files import Case, Seeded, read_case
from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.core.declared_cases import declared, folder_name
from af3_export.core.errors import InputError
from af3_export.core.presets import REPOSITORY


def check_variant(component: str, variant: str, attention: bool) -> None:
    """Refuses the variant `mha` of a component without attention."""
    if variant == "mha" and not attention:
        raise InputError(f"{component} has no attention, so there is only the variant plain")


def check_sizes(component: str, sizes: Mapping[str, int], known: Iterable[str]) -> None:
    """Refuses sizes that a component does not have."""
    names = list(known)
    unknown = sorted(set(sizes) - set(names))
    if unknown:
        raise InputError(f"{component} has no size {unknown[0]}: expected some of {', '.join(names)}")


def patches_of(variant: str, always: Sequence[str], mha: str) -> list[str]:
    """The repairs that a graph's manifest names."""
    return [*always, *([mha] if variant == "mha" else [])]


def committed_cases(engine: str, component: str) -> Iterator[tuple[ComponentCase, Case]]:
    """A component's golden cases: as they are declared, and as they are stored."""
    for declaration in declared(engine):
        folder = REPOSITORY / "cases" / folder_name(declaration)
        if declaration.component == component and folder.is_dir():
            yield declaration, read_case(folder)


def weights_of(engine: str, weights: Arrays | Seeded, shapes: Mapping[str, tuple[int, ...]]) -> Arrays:
    """Stored weights as they are, or seeded ones."""
    return random_tensors.weights(engine, weights.seed, shapes) if isinstance(weights, Seeded) else weights
