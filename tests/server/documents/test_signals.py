from __future__ import annotations

import asyncio
import threading

from shuowen.server.documents.signals import Ear, Signals


def test_a_listener_hears_of_its_job_from_another_thread_and_of_no_other() -> None:
    signals = Signals()

    async def listen() -> list[bool]:
        with signals.listening("a") as ear:
            assert signals.num_listening == 1
            threading.Thread(target=signals.tell, args=("b",)).start()
            heard = [await ear.wait(0.05)]
            threading.Thread(target=signals.tell, args=("a",)).start()
            heard.append(await ear.wait(5.0))
            heard.append(await ear.wait(0.01))
            return heard

    assert asyncio.run(listen()) == [False, True, False]
    assert signals.num_listening == 0


def test_news_that_came_before_waiting_are_not_missed() -> None:
    signals = Signals()

    async def listen() -> bool:
        with signals.listening("a") as ear:
            signals.tell("a")
            await asyncio.sleep(0)
            return await ear.wait(0.01)

    assert asyncio.run(listen())


def test_everybody_hears_when_the_server_stops() -> None:
    signals = Signals()

    async def listen() -> list[bool]:
        with (
            signals.listening("a") as one,
            signals.listening("a") as two,
            signals.listening("b") as three,
        ):
            signals.tell_all()
            return [await ear.wait(1.0) for ear in (one, two, three)]

    assert asyncio.run(listen()) == [True, True, True]


def test_telling_a_loop_that_is_gone_does_nothing() -> None:
    async def make() -> Ear:
        return Ear()

    asyncio.run(make()).tell()
