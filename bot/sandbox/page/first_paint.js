// A chosen theme must stand before the first paint, and modules run after it.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // No storage here: the system's theme holds.
}
