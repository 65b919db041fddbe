// Before anything is drawn: that scripts run, and the scheme that was chosen last.
document.documentElement.dataset.scripts = "";
try {
  const theme = localStorage.getItem("yolo-parity-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch { /* storage may be closed to files */ }
