"""Every committed golden case of every component, found by engine and name."""

import importlib

from af3_export.core.component_case import ComponentCase, ComponentReference
from af3_export.core.errors import InputError
from af3_export.core.references import load
from af3_export.core.registry import find_engine


def folder_name(case: ComponentCase) -> str:
    """The case's folder below cases/."""
    return f"{case.engine}-{case.component}-{case.name}"


def declared(engine: str) -> list[ComponentCase]:
    """All cases of an engine."""
    found = find_engine(engine)
    package = f"af3_export.engines.{found.name}.cases"
    modules = (importlib.import_module(f"{package}.{name}") for name in found.components.values())
    return [case for module in modules for case in module.CASES]


def selected(engine: str, names: list[str]) -> list[ComponentCase]:
    """The cases with these names (of a folder, a component, or what follows the component), or all of them."""
    cases = declared(engine)

    def has(case: ComponentCase, name: str) -> bool:
        return name in (folder_name(case), case.component, f"{case.component}-{case.name}", case.name)

    unknown = [name for name in names if not any(has(case, name) for case in cases)]
    if unknown:
        listed = ", ".join(folder_name(case) for case in cases)
        raise InputError(f'unknown case "{unknown[0]}" of {engine}: expected some of {listed}')
    return [case for case in cases if not names or any(has(case, name) for name in names)]


def component_reference(engine: str, component: str) -> ComponentReference:
    """The module that runs a component, or how to get the environment it needs."""
    return load(engine, f"references.{find_engine(engine).components[component]}")  # type: ignore[return-value]
