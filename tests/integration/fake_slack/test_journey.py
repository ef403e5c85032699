"""A real Bolt app meets the fake Slack, over Socket Mode and over signed HTTP."""

from slack_sdk.web.async_client import AsyncWebClient

from tests.integration.fake_slack.harness import ACTIONS, ADA, NORTH, VIDEOS, Heard, Sandbox

Pair = tuple[Sandbox, Heard]
SCRIPT_STATE = {"script": {"text": {"type": "plain_text_input", "value": "Hello there"}}}


async def open_form(box: Sandbox) -> str:
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync")
    state = await box.page.get("/ui/state", params={"team": NORTH.id, "user": ADA})
    view_id: str = state.json()["views"][-1]["id"]
    return view_id


async def test_a_command_opens_a_form_and_its_submission_reaches_the_app(both_ways: Pair) -> None:
    box, heard = both_ways
    view_id = await open_form(box)

    answer = await box.as_ada("/ui/view/submit", view_id=view_id, state=SCRIPT_STATE)

    assert answer.json() == {"ok": True}
    assert heard.payloads[0]["command"] == "/lipsync"
    assert heard.of("view_submission")[0]["view"]["state"]["values"] == SCRIPT_STATE
    state = await box.page.get("/ui/state", params={"team": NORTH.id, "user": ADA})
    assert state.json()["views"] == []


async def test_words_in_the_ack_of_a_command_are_shown_to_its_user_alone(both_ways: Pair) -> None:
    box, _ = both_ways
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync help")

    state = await box.page.get("/ui/state", params={"team": NORTH.id, "user": ADA})
    assert state.json()["ephemerals"][0]["message"]["text"] == "Here is how."
    assert state.json()["channels"][VIDEOS]["messages"] == []


async def test_errors_in_the_ack_of_a_form_keep_it_open(both_ways: Pair) -> None:
    box, heard = both_ways
    heard.submission = {"response_action": "errors", "errors": {"script": "Too short."}}
    view_id = await open_form(box)

    answer = await box.as_ada("/ui/view/submit", view_id=view_id, state=SCRIPT_STATE)

    assert answer.json() == {"ok": False, "errors": {"script": "Too short."}}
    state = await box.page.get("/ui/state", params={"team": NORTH.id, "user": ADA})
    assert [view["id"] for view in state.json()["views"]] == [view_id]


async def test_a_button_on_a_message_reaches_the_app(both_ways: Pair) -> None:
    box, heard = both_ways
    posted = await box.api.chat_postMessage(channel=VIDEOS, text="Ready?", blocks=ACTIONS)
    message = {"channel": VIDEOS, "ts": posted["ts"]}

    await box.as_ada("/ui/action", message=message, block_id="row", action_id="go", value={}, state={})

    click = heard.of("block_actions")[0]
    assert click["actions"][0]["value"] == "job-1"
    assert click["message"]["ts"] == posted["ts"]
    assert click["user"]["id"] == ADA


async def test_a_command_that_is_not_acked_in_time_fails_before_its_user(both_ways: Pair) -> None:
    box, _ = both_ways
    await box.as_ada("/ui/message", channel=VIDEOS, text="/lipsync slow")

    assert box.notices() == ["/lipsync failed with the error “operation_timeout”"]


async def test_a_message_in_the_apps_dm_is_an_event(both_ways: Pair) -> None:
    box, heard = both_ways
    file = await box.upload(b"not really a video")
    await box.as_ada("/ui/message", channel=box.dm(), text="use this", file_ids=[file["id"]])
    await box.slack.settled()

    event = heard.events[0]["event"]
    assert (event["type"], event["subtype"], event["channel_type"]) == ("message", "file_share", "im")
    assert event["files"][0]["id"] == file["id"]


async def test_a_closed_form_tells_the_app(both_ways: Pair) -> None:
    box, heard = both_ways
    view_id = await open_form(box)
    await box.as_ada("/ui/view/close", view_id=view_id)

    assert heard.of("view_closed")[0]["is_cleared"] is False


async def test_both_shortcuts_reach_the_app(both_ways: Pair) -> None:
    box, heard = both_ways
    said = await box.as_ada("/ui/message", channel=VIDEOS, text="look at this")
    message = {"channel": VIDEOS, "ts": said.json()["ts"]}

    await box.as_ada("/ui/shortcut", callback_id="lipsync_global")
    await box.as_ada("/ui/shortcut", callback_id="lipsync_message", message=message)

    assert heard.of("shortcut")[0]["callback_id"] == "lipsync_global"
    assert heard.of("message_action")[0]["message"]["text"] == "look at this"


async def test_files_go_up_in_three_steps_and_appear_in_the_thread_a_little_later(box: Sandbox) -> None:
    parent = await box.api.chat_postMessage(channel=VIDEOS, text="Your video is coming")
    done = await box.api.files_upload_v2(
        content="bytes of a video",
        filename="out.mp4",
        channel=VIDEOS,
        thread_ts=parent["ts"],
        initial_comment="Here it is",
    )
    file_id = done["file"]["id"]
    assert done["file"]["shares"] == {}
    assert (await box.api.files_info(file=file_id))["file"]["shares"] == {}

    await box.slack.settled()

    info = (await box.api.files_info(file=file_id))["file"]
    share = info["shares"]["public"][VIDEOS][0]
    assert share["thread_ts"] == parent["ts"]
    recorded = box.slack.records().shares[0]
    assert (recorded.file.id, recorded.thread_ts, recorded.by_bot) == (file_id, parent["ts"], True)
    assert box.slack.workspace(NORTH.id).message(VIDEOS, share["ts"]).text == "Here it is"


async def test_a_file_downloads_with_the_bots_token(box: Sandbox) -> None:
    file = await box.upload(b"\x00" * 700_000)
    await box.as_ada("/ui/message", channel=VIDEOS, text="", file_ids=[file["id"]])
    headers = {"Authorization": f"Bearer {NORTH.bot_token}"}
    async with box.http.get(file["url_private_download"], headers=headers) as got:
        assert got.content_length == 700_000
        assert got.content_type == "video/mp4"
        assert await got.read() == b"\x00" * 700_000


async def test_a_message_to_a_person_opens_their_dm(box: Sandbox) -> None:
    posted = await box.api.chat_postMessage(channel=ADA, text="Hello Ada")
    assert posted["channel"] == box.dm()


async def test_two_teams_know_nothing_of_each_other(box: Sandbox) -> None:
    north: AsyncWebClient = box.clients[NORTH.id]
    assert (await north.auth_test())["team_id"] == NORTH.id
    assert not box.slack.workspace("T0SOUTH001").messages("C0SOUTHCUT")
