"""Asks for the queues of all devices at once: httpx and asyncio, no Qiskit."""

from __future__ import annotations

import asyncio

import httpx

API = "https://quantum.cloud.ibm.com/api/v1"


async def queue_lengths(access_token: str, instance: str) -> dict[str, int]:
    """How many jobs wait at each device of an instance."""
    headers = {"Authorization": f"Bearer {access_token}", "Service-CRN": instance}
    async with httpx.AsyncClient(headers=headers) as client:

        async def length(name: str) -> int:
            answer = await client.get(f"{API}/backends/{name}/status")
            answer.raise_for_status()
            return int(answer.json()["length_queue"])

        listed = (await client.get(f"{API}/backends")).raise_for_status().json()["devices"]
        names = [one if isinstance(one, str) else one["name"] for one in listed]
        return dict(zip(names, await asyncio.gather(*map(length, names)), strict=True))
