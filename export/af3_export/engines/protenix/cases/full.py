"""Golden cases of the full protenix network, as data."""

from af3_export.core.component_case import Arrays, ComponentCase
from af3_export.engines.protenix import complexes
from af3_export.engines.protenix.cases.models import full_config, trunk_config
from af3_export.engines.protenix.cases.recorded import recorded
from af3_export.engines.protenix.complexes import Chain, Complex

BASE = full_config(trunk_config(12, 2, templates=1, msa_blocks=2, blocks=2), {"N_step": 6, "N_sample": 2})
TINY = full_config(
    trunk_config(12, 2, templates=0, msa_blocks=1, blocks=1),
    {"gamma0": 0, "step_scale_eta": 1.0, "N_step": 5, "N_sample": 1},
)
# Data of half an ångström's deviation, so that chains of one sample lie in each other.
SCALED = full_config(
    trunk_config(32, 1, templates=1, msa_blocks=2, blocks=1, scaled=True, template_width=32),
    {"N_step": 3, "N_sample": 3, "gamma0": 0.6, "noise_scale_lambda": 1.01, "step_scale_eta": 1.2},
    sigma_data=0.5,
)
MIXED = Complex(
    seed=521,
    chains=(Chain(0, 0, (6, 9)), Chain(1, 0, (3,), ligand=True), Chain(0, 1, (6, 9)), Chain(2, 0, (12, 4, 1))),
    bonds=((1, 2),),
    masked=(3,),
)


def _inputs() -> Arrays:
    steps, samples = (SCALED["sample_diffusion"][name] for name in ("N_step", "N_sample"))
    return {
        **complexes.trunk(MIXED, 5, [[4, 0, 2]], (True, True, False, False)),
        **complexes.heads(MIXED),
        **complexes.noise(MIXED.seed, steps, samples, MIXED.atoms),
    }


CASES = [
    recorded(
        "base",
        "full",
        "the sampler of base: stochastic, six steps, two samples, recorded noise, the job's own (empty) templates",
        BASE,
        503,
        stored_weights=False,
        flags=("summary:has_clash",),
    ),
    recorded(
        "tiny",
        "full",
        "the sampler of mini and tiny: gamma0 0, step scale 1, five steps; no MSA given (dummy features)",
        TINY,
        504,
        stored_weights=False,
        flags=("summary:chain_iptm",),  # of the only two chains
    ),
    ComponentCase(
        "scaled",
        "protenix",
        "full",
        "hidden widths that grow, two templates among four slots, four chains with a bonded ligand, three samples, three"
        " steps of a sampler that no model has; two chains of the second sample clash",
        SCALED,
        MIXED.seed,
        _inputs,
    ),
]
