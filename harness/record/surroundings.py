"""What a recording was made in: machine, instruction set, environment variables that change results, packages."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path

# Instruction sets that kernels of the frameworks are chosen by, and that so decide bits.
_X86 = ("sse4_1", "sse4_2", "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl")
_X86_HALF = ("avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "amx_fp16")
_ARM = ("neon", "asimd", "asimdhp", "bf16", "sve", "sve2")
_PREFIXES = tuple(
    f"{library}_"
    for library in (
        *("ATEN", "PYTORCH", "TORCH", "JAX", "XLA", "MXNET", "DNNL", "ONEDNN", "MKL", "NPY", "OPENBLAS"),
        *("OMP", "GOMP", "KMP"),
    )
)
_NAMES = ("CUDA_VISIBLE_DEVICES", "GLIBC_TUNABLES", "LD_PRELOAD", "NVIDIA_TF32_OVERRIDE")
_HARMLESS = ("JAX_COMPILATION_CACHE_", "JAX_PERSISTENT_CACHE_")  # they say where compiled code is kept, not what it is


def describe_platform() -> dict[str, str]:
    """Return system, machine, processor and the instruction sets that matter, as texts."""
    model, words = _cpuinfo(Path("/proc/cpuinfo")).get("model name"), set(processor_features().split())
    extensions = [name for name in (*_X86, *_X86_HALF, *_ARM) if name in words]
    return {
        "system": platform.system().lower(),
        "machine": platform.machine(),
        "processor": model or platform.processor() or "unknown",
        "instructions": " ".join(extensions) or "unknown",
    }


def result_flags(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that may change results, sorted by name; bytes that are no text as escapes."""
    return {
        name: environ[name].encode(errors="backslashreplace").decode()
        for name in sorted(environ)
        if (name.startswith(_PREFIXES) or name in _NAMES) and not name.startswith(_HARMLESS)
    }


def installed_packages() -> tuple[str, ...]:
    """Return the environment's packages as ``name==version``, sorted."""
    about = [distribution.metadata for distribution in importlib.metadata.distributions()]  # read anew when asked for
    found = {
        f"{each['Name'].lower()}=={each['Version']}"
        for each in about
        if each["Name"]  # None where an uninstall has left a folder behind
    }
    return tuple(sorted(found))


def processor_features() -> str:
    """Return all that the system says of what the processor can do, of weight for results or not; empty if nothing."""
    fields = _cpuinfo(Path("/proc/cpuinfo"))
    return fields.get("flags") or fields.get("features") or ""


def _cpuinfo(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip().lower(), value.strip())  # the first processor speaks for all
    return fields
