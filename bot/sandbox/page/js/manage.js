/** What an admin does with the app in a workspace: install it, remove it, and in an organisation add it or take it out. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { showMenu } from "./menu.js";
import { withToast } from "./notices.js";

/** The button that opens the menu. @param {import("./state.js").Workspace} workspace @param {object} api */
export function manageButton(workspace, api) {
  const button = h("button", { type: "button", class: "button button-small", "aria-haspopup": "menu", "aria-expanded": "false" }, "Manage app", icon("chevron", 14));
  button.addEventListener("click", () => showMenu(button, () => items(workspace, api), "Manage app"));
  return button;
}

function items({ team, app, bootstrap }, api) {
  const call = (run) => () => withToast(run);
  const everywhere = team.organisation?.is_installed ? team.organisation : null;
  const removing = (place, where) => [
    { label: `Remove it from ${where}`, detail: "Its tokens are revoked first", icon: "trash", danger: true, run: call(() => api.removeApp(place, false)) },
    { label: `Remove it from ${where}`, detail: "It hears of that before its tokens", icon: "trash", danger: true, run: call(() => api.removeApp(place, true)) },
  ];
  const offered = everywhere
    ? [
        team.is_installed ? { label: `Take it out of ${team.name}`, icon: "trash", run: call(() => api.takeApp()) } : { label: `Add it to ${team.name}`, icon: "plus", run: call(() => api.addApp()) },
        null,
        ...removing(everywhere.id, everywhere.name),
      ]
    : team.is_installed
      ? removing(team.id, team.name)
      : [{ label: `Install it in ${team.name}`, icon: "plus", run: () => begin(bootstrap.install_url, team.id) }].filter(() => bootstrap.install_url);
  return [{ heading: team.is_installed ? `${app.name} is installed here` : `${app.name} is not installed here` }, ...offered];
}

/** To the app's own install address, which leads to Slack's consent page. */
function begin(address, team) {
  window.open(`${address}?${new URLSearchParams({ team })}`, "_blank", "noopener");
}
