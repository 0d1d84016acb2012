"""The whole pinned ligo network: its own forward(), with the rollout replaced from outside by ours."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from numpy.typing import NDArray

from af3_export.core.errors import InputError
from af3_export.engines.ligo import network

PARTS = {
    "input_embedder": ("models.embedders", "InputEmbedder"),
    "msa_module": ("models.msa_module", "MSAModule"),
    "pairformer_stack": ("models.pairformer", "PairformerStack"),
    "diffusion_module": ("models.diffusion_module", "DiffusionModule"),
    "distogram_head": ("models.heads", "DistogramHead"),
}
# The kernels need a GPU and do not give float32's numbers; chunks change no number.
GLOBALS = {"chunk_size": None, "use_deepspeed_evo_attention": False, "use_triton_kernel": False, "samples_per_trunk": 1}
# What forward() takes apart along its last axis, one slice per cycle.
PER_CYCLE = ("msa_feat", "msa_mask")
NOISE = ("init_noise", "step_rotation_quat", "step_translation", "step_noise")
Rollout = Callable[..., torch.Tensor]


class _Settings(dict[str, Any]):
    """A config that offers entries as attributes too, as the model expects of its own."""

    __getattr__ = dict.__getitem__


def build(config: Mapping[str, Any]) -> torch.nn.Module:
    """The real model in eval mode; of each part's config only what its class takes."""
    parts = {
        part: _Settings(network.known(getattr(network.module(place), name), config.get(part) or {}))
        for part, (place, name) in PARTS.items()
    }
    model = network.module("models.model").AlphaFold3
    return network.build(model, {"config": _Settings(parts, globals=_Settings(GLOBALS))})


def batch(inputs: Mapping[str, NDArray], cycles: int) -> dict[str, torch.Tensor]:
    """The features of the network with a batch axis in front and a cycle axis behind."""
    found = {}
    for name, value in network.batched(inputs).items():
        if name in PER_CYCLE:
            if value.shape[1] != cycles:
                raise InputError(f"input {name} is for {value.shape[1]} cycles, the config says num_cycles = {cycles}")
            found[name] = value.movedim(1, -1)
        elif name not in NOISE:
            found[name] = value[..., None].expand(*value.shape, cycles)
    # The ground truth of the training step, which does not run here.
    found["all_atom_positions"] = torch.zeros_like(found["ref_pos"])
    return found


def forward(
    model: torch.nn.Module, inputs: Mapping[str, NDArray], cycles: int, rollout: Rollout
) -> dict[str, torch.Tensor]:
    """forward() on the functional path: s_inputs, s and z as its rollout gets them, and what it returns.

    Only train=True selects that path; in eval mode and without gradients, what else it does is the training step,
    which is left out here, and a rollout of 20 steps, in whose place `rollout` gets the same arguments.
    """
    seen: dict[str, torch.Tensor] = {}

    def sample(**arguments: Any) -> torch.Tensor:
        seen.update({"s_inputs": arguments["s_inputs"], "s": arguments["s_trunk"], "z": arguments["z_trunk"]})
        return rollout(**arguments)

    diffusion = model.diffusion_module
    with network.inference(), mock.patch.multiple(diffusion, train_step=lambda **_: {}, sample=sample):
        returned = model(batch(inputs, cycles), train=True)
    return {
        **seen,
        "positions": returned["sampled_positions"],
        "distogram_logits": returned["distogram_logits"],
    }


def draws(inputs: Mapping[str, NDArray]) -> list[torch.Tensor]:
    """The recorded noise in the order and the shapes in which the sampler asks for it: coordinates apart."""
    given = {name: torch.from_numpy(inputs[name])[None] for name in NOISE}
    found = [*given["init_noise"].unbind(-1)]
    for step in range(given["step_noise"].shape[1]):
        found.append(given["step_rotation_quat"][:, step, :, None])
        found.extend(given["step_translation"][:, step, :, None].unbind(-1))
        found.extend(given["step_noise"][:, step].unbind(-1))
    return found


@contextmanager
def recorded(noise: list[torch.Tensor]) -> Iterator[None]:
    """torch.randn gives these values, one after the other, and refuses to give another shape, more or fewer."""
    left = iter(noise)

    def randn(shape: tuple[int, ...], **_: Any) -> torch.Tensor:
        value = next(left, None)
        if value is None or tuple(shape) != tuple(value.shape):
            raise InputError(f"the sampler draws {list(shape)}, but the recorded noise has not that shape there")
        return value.clone()

    with mock.patch.object(torch, "randn", randn):
        yield
    if next(left, None) is not None:
        raise InputError("the sampler draws less than the recorded noise")
