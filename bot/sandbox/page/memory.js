// Small choices kept in this browser.

/** Keep a small choice in this browser; nothing is lost but the choice where it keeps nothing. */
export function remember(name, value, storage = "localStorage") {
  try {
    if (value === null) window[storage].removeItem(name);
    else window[storage].setItem(name, value);
  } catch {
    // Storage is switched off.
  }
}

export function recall(name, storage = "localStorage") {
  try {
    return window[storage].getItem(name);
  } catch {
    return null;
  }
}
