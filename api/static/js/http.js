/** Asking the server over HTTP: JSON in, JSON out, the CSRF token, and errors in words. */

import { t, told } from "./lang.js";

let csrfToken = "";
let onExpired = () => {};

/** `status` is the HTTP status, 0 without an answer; `body` is the JSON that came with it. */
export class AskError extends Error {
  constructor(message, status, body = {}) {
    super(message);
    this.status = status;
    this.body = body;
    this.feature = body.feature ?? "";
    this.errors = body.errors ?? [];
  }

  /** A Pro feature on a free licence: shown as locked, not as an error. */
  get locked() {
    return this.status === 403 && this.feature !== "";
  }
}

export function setCsrfToken(token) {
  csrfToken = token ?? "";
}

/** Whom to tell when the session has ended. */
export function whenExpired(listener) {
  onExpired = listener;
}

export function getJson(path) {
  return send("GET", path);
}

export function postJson(path, body = undefined) {
  return change("POST", path, body);
}

export function deleteJson(path) {
  return change("DELETE", path);
}

async function change(method, path, body = undefined) {
  try {
    return await send(method, path, body);
  } catch (error) {
    if (error.status !== 403 || error.body.error !== "Invalid CSRF token") throw error;
    await authStatus();
    return send(method, path, body);
  }
}

/** A file as a Blob. */
export async function getBlob(path) {
  const response = await answer("GET", path);
  return response.blob();
}

/** GET /auth/status; also renews the CSRF token. With protection off the page itself hands out the session. */
export async function authStatus() {
  let status = await send("GET", "auth/status");
  if (!status.enabled && !status.csrfToken) {
    await fetch("./", { cache: "no-store" });
    status = await send("GET", "auth/status");
  }
  setCsrfToken(status.csrfToken);
  return status;
}

async function send(method, path, body) {
  const response = await answer(method, path, body);
  return response.json();
}

async function answer(method, path, body) {
  const headers = {};
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const request = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) request.body = JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, request);
  } catch {
    throw new AskError(t("The camera does not answer"), 0);
  }
  if (response.ok) return response;
  throw await problem(response, path);
}

async function problem(response, path) {
  const body = await response.json().catch(() => ({}));
  const text = told(body.error) || (body.errors ?? []).map(told).join("; ") || t("The camera answered with error {status}", { status: String(response.status) });
  if (response.status === 401 && path !== "auth" && path !== "auth/password") onExpired();
  return new AskError(text, response.status, body);
}
