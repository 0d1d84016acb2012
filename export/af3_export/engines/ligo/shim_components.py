"""ligo's components on resident tensors: as the modules of references/ run them, but built once and called often."""

from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

import torch
from numpy.typing import NDArray

from af3_export.core.errors import InputError
from af3_export.core.torch.shim import Component, Config, Given, Tensors
from af3_export.engines.ligo import model as ligo_model
from af3_export.engines.ligo import network
from af3_export.engines.ligo.references import confidence, diffusion, distogram, msa, pairformer, template, trunk

FUNCTIONAL = {"inplace_safe": False}


def _taken(inputs: Mapping[str, NDArray], _: Config) -> Given:
    return {**network.batched(inputs)}


def _build_pairformer(config: Config) -> torch.nn.Module:
    if config.get("c_s") is None or config.get("c_z") is None:
        raise InputError("neither the config nor the sizes say c_s and c_z")
    return pairformer.build_pairformer(config, config["c_s"], config["c_z"])


def _pairformer(stack: torch.nn.Module, given: Given, _: Config) -> Tensors:
    arguments = [given[name] for name in ("s", "z", "single_mask", "pair_mask")]
    s, z = stack(*arguments, use_deepspeed_evo_attention=False, **FUNCTIONAL)
    return {"s": s, "z": z}


def _msa(module: torch.nn.Module, given: Given, _: Config) -> Tensors:
    features = {name: given[name] for name in ("msa_feat", "msa_mask")}
    return {"z": module(features, given["z"], given["s_inputs"], given["pair_mask"], **FUNCTIONAL)}


def _template(embedder: torch.nn.Module, given: Given, _: Config) -> Tensors:
    features = {name: value for name, value in given.items() if name not in ("z_trunk", "pair_mask")}
    return {"u": embedder(features, given["z_trunk"], given["pair_mask"], **FUNCTIONAL)}


def _confidence(head: torch.nn.Module, given: Given, _: Config) -> Tensors:
    return head(**{name: given[name] for name in confidence.INPUTS}, **FUNCTIONAL)


def _distogram(head: torch.nn.Module, given: Given, _: Config) -> Tensors:
    return {"distogram_logits": head(given["z"])}


def _diffusion(module: torch.nn.Module, given: Given, _: Config) -> Tensors:
    arguments = ("noisy_atoms", "timesteps", "s_inputs", "s_trunk", "z_trunk")
    features = {name: value for name, value in given.items() if name not in arguments}
    noisy, timesteps, *trunk = (given[name] for name in arguments)
    denoised = module(noisy, timesteps[..., None], features, *trunk, use_deepspeed_evo_attention=False)
    return {"denoised": denoised}


def _forward(model: torch.nn.Module, batch: Tensors, rollout: Callable[..., torch.Tensor]) -> Tensors:
    """The model's own forward() on the functional path with a rollout of ours (ligo_model.py says why)."""
    seen: Tensors = {}

    def sample(**arguments: Any) -> torch.Tensor:
        seen.update({"s_inputs": arguments["s_inputs"], "s": arguments["s_trunk"], "z": arguments["z_trunk"]})
        return rollout(**arguments)

    with mock.patch.multiple(model.diffusion_module, train_step=lambda **_: {}, sample=sample):
        returned = model(batch, train=True)
    return {**seen, "positions": returned["sampled_positions"], "distogram_logits": returned["distogram_logits"]}


def _take_trunk(inputs: Mapping[str, NDArray], config: Config) -> Given:
    return {"batch": ligo_model.batch(inputs, config["num_cycles"])}


def _trunk(model: torch.nn.Module, given: Given, _: Config) -> Tensors:
    # forward() ends with the distogram, which the trunk has not: a stand-in keeps it out of the times.
    nothing = torch.zeros(1)
    with mock.patch.object(model.distogram_head, "forward", lambda _: nothing):
        found = _forward(model, given["batch"], lambda **_: nothing)
    return {name: found[name] for name in ("s_inputs", "s", "z")}


def _take_full(inputs: Mapping[str, NDArray], config: Config) -> Given:
    return {**_take_trunk(inputs, config), "noise": ligo_model.draws(inputs)}


def _full(model: torch.nn.Module, given: Given, config: Config) -> Tensors:
    sampler = model.diffusion_module.sample

    def rollout(**arguments: Any) -> torch.Tensor:
        arguments |= {"n_steps": config["n_steps"], "samples_per_trunk": config["samples_per_trunk"]}
        with ligo_model.recorded(given["noise"]):
            return sampler(**arguments)

    return _forward(model, given["batch"], rollout)


COMPONENTS: Mapping[str, Component] = {
    "pairformer": Component(_build_pairformer, pairformer.PREFIX, _pairformer, _taken),
    "msa_module": Component(msa._build, msa.PREFIX, _msa, _taken),
    "template_embedder": Component(template._build, template.PREFIX, _template, _taken),
    "confidence_head": Component(confidence._build, confidence.PREFIX, _confidence, _taken),
    "distogram_head": Component(distogram._build, distogram.PREFIX, _distogram, _taken),
    "diffusion_module": Component(diffusion._build, diffusion.PREFIX, _diffusion, _taken),
    "trunk": Component(trunk.build, "", _trunk, _take_trunk, trunk.UNUSED),
    "full": Component(ligo_model.build, "", _full, _take_full),
}
