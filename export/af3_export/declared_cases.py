"""Every committed golden case of every component, found by engine and name."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from af3_export import cases_pairformer
from af3_export.component_case import ComponentCase, ComponentReference
from af3_export.errors import InputError
from af3_export.pairformer_case import COMPONENT, PairformerCase
from af3_export.presets import require_engine
from af3_export.references import load

Declared = PairformerCase | ComponentCase


@dataclass(frozen=True)
class Modules:
    """The modules of a component: `cases` has CASES as data, `reference` has shapes() and run()."""

    cases: str
    reference: str


COMPONENTS: Mapping[str, Mapping[str, Modules]] = {
    "deepmind": {
        "msa_stack": Modules("cases_deepmind_msa", "reference_deepmind_msa"),
        "diffusion_transformer": Modules("cases_deepmind_transformer", "reference_deepmind_transformer"),
        "distogram_head": Modules("cases_deepmind_distogram", "reference_deepmind_distogram"),
        "template_embedding": Modules("cases_deepmind_template", "reference_deepmind_template"),
        "diffusion_head": Modules("cases_deepmind_diffusion", "reference_deepmind_diffusion"),
        "confidence_head": Modules("cases_deepmind_confidence", "reference_deepmind_confidence"),
        "trunk": Modules("cases_deepmind_trunk", "reference_deepmind_trunk"),
        "full": Modules("cases_deepmind_full", "reference_deepmind_full"),
    },
    "ligo": {
        "msa_module": Modules("cases_ligo_msa", "reference_ligo_msa"),
        "diffusion_module": Modules("cases_ligo_diffusion", "reference_ligo_diffusion"),
        "distogram_head": Modules("cases_ligo_distogram", "reference_ligo_distogram"),
        "template_embedder": Modules("cases_ligo_template", "reference_ligo_template"),
        "confidence_head": Modules("cases_ligo_confidence", "reference_ligo_confidence"),
        "trunk": Modules("cases_ligo_trunk", "reference_ligo_trunk"),
        "full": Modules("cases_ligo_full", "reference_ligo_full"),
    },
}


def component_of(case: Declared) -> str:
    """The case's component."""
    return COMPONENT if isinstance(case, PairformerCase) else case.component


def folder_name(case: Declared) -> str:
    """The case's folder below cases/."""
    return f"{case.engine}-{component_of(case)}-{case.name}"


def component_cases(engine: str) -> list[ComponentCase]:
    """All cases of an engine but those of the Pairformer."""
    modules = COMPONENTS[require_engine(engine)].values()
    return [case for found in modules for case in importlib.import_module(f"af3_export.{found.cases}").CASES]


def declared(engine: str) -> list[Declared]:
    """All cases of an engine."""
    return [*cases_pairformer.declared(engine), *component_cases(engine)]


def selected(engine: str, names: list[str]) -> list[Declared]:
    """The cases with these names (of a folder, a component, or what follows the component), or all of them."""
    cases = declared(engine)

    def has(case: Declared, name: str) -> bool:
        return name in (folder_name(case), component_of(case), f"{component_of(case)}-{case.name}", case.name)

    unknown = [name for name in names if not any(has(case, name) for case in cases)]
    if unknown:
        listed = ", ".join(folder_name(case) for case in cases)
        raise InputError(f'unknown case "{unknown[0]}" of {engine}: expected some of {listed}')
    return [case for case in cases if not names or any(has(case, name) for name in names)]


def component_reference(case: ComponentCase) -> ComponentReference:
    """The module that runs the case's component, or how to get the environment it needs."""
    module = COMPONENTS[case.engine][case.component].reference
    return load(case.engine, module)  # type: ignore[return-value]
