// The scheme that was chosen last, before anything is drawn.
try {
  const theme = localStorage.getItem("yolo-parity-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch { /* storage may be closed to files */ }
