/** Calls to the sandbox server (/ui/*), and the live stream of what happens in the workspace. */

/** An answer that is not a success; its message is meant for the person. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function readAnswer(response) {
  const text = await response.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = null;
  }
  if (!response.ok) {
    throw new ApiError(body?.error ?? `The sandbox answered ${response.status}.`, response.status);
  }
  return body;
}

async function request(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new ApiError("The sandbox cannot be reached. Is `make sandbox` still running?", 0);
  }
  return readAnswer(response);
}

/** @param {string} url */
export function getJson(url) {
  return request(url, { headers: { accept: "application/json" } });
}

/** @param {string} url @param {object} body */
export function postJson(url, body) {
  return request(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
}

/**
 * The page's calls, bound to the person who is at the keyboard.
 * @param {() => {team: string, user: string}} who
 */
export function createApi(who) {
  const post = (path, body = {}) => postJson(path, { ...who(), ...body });
  const query = (extra = {}) => new URLSearchParams({ ...who(), ...extra });
  return {
    bootstrap: () => getJson("/ui/bootstrap"),
    state: () => getJson(`/ui/state?${query()}`),
    say: (message) => post("/ui/message", message),
    sample: (name) => post("/ui/sample", { name }),
    external: (file) => post("/ui/external", file),
    editMessage: (message) => post("/ui/message/edit", message),
    forwardMessage: (message) => post("/ui/message/forward", message),
    removeApp: (place, uninstalledFirst) => post("/ui/app/remove", { place, uninstalled_first: uninstalledFirst }),
    addApp: () => post("/ui/app/add"),
    takeApp: () => post("/ui/app/take"),
    deleteMessage: (message) => post("/ui/message/delete", message),
    deleteFile: (id) => post("/ui/file/delete", { file: id }),
    action: (action) => post("/ui/action", action),
    options: (request_) => post("/ui/options", request_),
    submitView: (viewId, state) => post("/ui/view/submit", { view_id: viewId, state }),
    closeView: (viewId, clear) => post("/ui/view/close", { view_id: viewId, ...(clear ? { clear: true } : {}) }),
    shortcut: (callbackId, message) => post("/ui/shortcut", { callback_id: callbackId, ...(message ? { message } : {}) }),
    openHome: (tab) => post("/ui/home", { tab }),
    invite: (channel) => post("/ui/invite", { channel }),
    upload: (file, onProgress, signal) =>
      uploadFile(`/ui/upload?${query({ name: file.name, mimetype: file.type || "application/octet-stream" })}`, file, onProgress, signal),
    /** Opens the stream of events after number `after`. */
    events: (after, listeners) => openStream((seq) => `/ui/events?${query({ after: String(seq) })}`, after, listeners),
  };
}

/** Sends a file as the raw body; XMLHttpRequest because fetch tells no upload progress. */
function uploadFile(url, file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", url);
    call.responseType = "text";
    call.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    call.addEventListener("load", () => {
      let body = null;
      try {
        body = JSON.parse(call.responseText);
      } catch {
        body = null;
      }
      if (call.status >= 200 && call.status < 300 && body?.file) resolve(body.file);
      else reject(new ApiError(body?.error ?? `The upload was refused (${call.status}).`, call.status));
    });
    call.addEventListener("error", () => reject(new ApiError("The upload broke off. Try again.", 0)));
    call.addEventListener("abort", () => reject(new DOMException("upload cancelled", "AbortError")));
    signal?.addEventListener("abort", () => call.abort());
    call.send(file);
  });
}

/**
 * A server-sent event stream that resumes after the last number it saw.
 * @param {(seq: number) => string} url
 * @param {number} after
 * @param {{event: (data: object) => void, status: (up: boolean) => void}} listeners
 * @returns {() => void} closes the stream
 */
function openStream(url, after, listeners) {
  let seen = after;
  let source = null;
  let timer = 0;
  let wait = 500;
  const connect = () => {
    source = new EventSource(url(seen));
    source.addEventListener("open", () => {
      wait = 500;
      listeners.status(true);
    });
    source.addEventListener("message", (raw) => {
      const data = JSON.parse(raw.data);
      if (Number.isFinite(data.seq)) {
        if (data.seq <= seen) return;
        seen = data.seq;
      }
      listeners.event(data);
    });
    source.addEventListener("error", () => {
      source.close();
      listeners.status(false);
      timer = window.setTimeout(connect, wait);
      wait = Math.min(wait * 2, 8000);
    });
  };
  connect();
  return () => {
    window.clearTimeout(timer);
    source?.close();
  };
}
