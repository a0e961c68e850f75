/** The few pictures of the console: lines on a square of 24. All are decoration; words stand beside them. */
import type { ReactNode } from "react";

function Line({ children, size = 20 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

type Sized = { size?: number };

export const Mark = ({ size = 28 }: Sized) => (
  <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32">
    <rect width="32" height="32" rx="8" fill="#3b5bdb" />
    <path d="M10 7v15h13" fill="none" stroke="#fff" strokeWidth="4" strokeLinecap="round" strokeLinejoin="round" />
    <circle cx="21" cy="12" r="3.5" fill="#bac8ff" />
  </svg>
);
export const AccessIcon = (props: Sized) => (
  <Line {...props}>
    <rect x="3.5" y="3.5" width="7" height="7" rx="1.5" />
    <rect x="13.5" y="3.5" width="7" height="7" rx="1.5" />
    <rect x="3.5" y="13.5" width="7" height="7" rx="1.5" />
    <path d="M17 14v6M14 17h6" />
  </Line>
);
export const SessionIcon = (props: Sized) => (
  <Line {...props}>
    <rect x="3" y="4.5" width="18" height="15" rx="2" />
    <path d="M7 9.5l3 2.5-3 2.5M12.5 15H17" />
  </Line>
);
export const ApprovalIcon = (props: Sized) => (
  <Line {...props}>
    <circle cx="12" cy="12" r="9" />
    <path d="M8 12.2l2.8 2.8L16 9.5" />
  </Line>
);
export const HistoryIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4.5l3 2" />
  </Line>
);
export const RecordingIcon = (props: Sized) => (
  <Line {...props}>
    <circle cx="12" cy="12" r="9" />
    <path d="M10 8.5l5.5 3.5-5.5 3.5z" />
  </Line>
);
export const AuditIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M6 3.5h9l4 4v13H6zM14.5 3.5V8H19M9 12.5h7M9 16h5" />
  </Line>
);
export const ResourceIcon = (props: Sized) => (
  <Line {...props}>
    <rect x="4" y="4" width="16" height="7" rx="1.5" />
    <rect x="4" y="13" width="16" height="7" rx="1.5" />
    <path d="M7.5 7.5h.01M7.5 16.5h.01" />
  </Line>
);
export const PolicyIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M12 3l7.5 3v5.5c0 4.5-3 7.8-7.5 9.5-4.5-1.7-7.5-5-7.5-9.5V6z" />
  </Line>
);
export const KeyIcon = (props: Sized) => (
  <Line {...props}>
    <circle cx="8" cy="15.5" r="4" />
    <path d="M11 12.7L19.5 4M16 7.5l2.5 2.5" />
  </Line>
);
export const SecurityIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6z" />
    <path d="M9 12l2.2 2.2L15.5 10" />
  </Line>
);
export const OverviewIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M4.5 18a9 9 0 1 1 15 0M12 14l4-5M4.5 18h15" />
  </Line>
);
export const MenuIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M4 7h16M4 12h16M4 17h16" />
  </Line>
);
export const SearchIcon = (props: Sized) => (
  <Line {...props}>
    <circle cx="11" cy="11" r="6.5" />
    <path d="M16 16l4.5 4.5" />
  </Line>
);
export const CopyIcon = (props: Sized) => (
  <Line {...props}>
    <rect x="8" y="8" width="12" height="12" rx="2" />
    <path d="M16 5.5V4H6a2 2 0 0 0-2 2v10h1.5" />
  </Line>
);
export const StarIcon = ({ isFull = false, ...props }: Sized & { isFull?: boolean }) => (
  <Line {...props}>
    <path
      d="M12 3.8l2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8z"
      fill={isFull ? "currentColor" : "none"}
    />
  </Line>
);
export const RemoveIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M6 6l12 12M18 6L6 18" />
  </Line>
);
export const UpIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M6 15l6-6 6 6" />
  </Line>
);
export const DownIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M6 9l6 6 6-6" />
  </Line>
);
export const VaultIcon = (props: Sized) => (
  <Line {...props}>
    <rect x="3.5" y="4" width="17" height="15" rx="2" />
    <circle cx="12" cy="11.5" r="3.5" />
    <path d="M12 11.5l2.3-2.3M6.5 19v2M17.5 19v2" />
  </Line>
);
export const JobIcon = (props: Sized) => (
  <Line {...props}>
    <circle cx="12" cy="12" r="3" />
    <path d="M12 3.5v3M12 17.5v3M3.5 12h3M17.5 12h3M6 6l2.1 2.1M15.9 15.9L18 18M6 18l2.1-2.1M15.9 8.1L18 6" />
  </Line>
);
export const PeopleIcon = (props: Sized) => (
  <Line {...props}>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M3 19.5c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5M15.5 5.4a3.5 3.5 0 0 1 0 6.2M17.5 14.6c2.2.7 3.5 2.5 3.5 4.9" />
  </Line>
);
export const ActivityIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M3.5 12.5h4l2.5-7 4 13 2.5-6h4" />
  </Line>
);
export const ProfileIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M4 7h9M17 7h3M4 17h3M11 17h9" />
    <circle cx="15" cy="7" r="2" />
    <circle cx="9" cy="17" r="2" />
  </Line>
);
export const CertificationIcon = (props: Sized) => (
  <Line {...props}>
    <path d="M5 4.5h14v12H5zM9 9.5l2 2 4-4M8.5 20.5l3.5-4 3.5 4" />
  </Line>
);
